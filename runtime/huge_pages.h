/*
** Pages that memory lies on: asked for with advice, which a system may follow or not.
*/
#ifndef HUGE_PAGES_H
#define HUGE_PAGES_H

/* The share, 0 to 1, of the memory around `address` that lies on huge pages; -1 when this system does not say. */
double huge_pages_share(const void *address);

#endif
