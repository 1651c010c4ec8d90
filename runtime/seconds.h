/*
** Time that passes.
*/
#ifndef SECONDS_H
#define SECONDS_H

double seconds_now(void);             /* of a clock that never goes back */

#endif
