/*
** attngen list: what configs can name, from the descriptors themselves.
*/
#ifndef LIST_H
#define LIST_H

#include "options.h"

int verb_list(const struct options *options);

#endif
