/* The version that `attngen --version` and every emitted file name. */
#ifndef VERSION_H
#define VERSION_H

#define ATTNGEN_VERSION "0.1"

#endif
