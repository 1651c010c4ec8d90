/*
** Whether computed values are what a case expects.
*/
#ifndef NEARNESS_H
#define NEARNESS_H

#include "case.h"

/* The output's own tolerance, or that of the project that the case comes from. */
const struct case_tolerance *nearness_tolerance(const struct operator_case *given, const struct case_tensor *output);

bool nearness_holds(double found, double expected, const struct case_tolerance *tolerance);

#endif
