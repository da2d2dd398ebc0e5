/* How busy a service and its installation are, and how much longer than usual commits and fetches wait for it. Pure. */
#ifndef PP_SERVICE_PACE_H
#define PP_SERVICE_PACE_H

#include <stdint.h>

#define PP_PACE_LOAD 5000     /* records read per second above which waiting is stretched, */
#define PP_PACE_STEP 2000     /* by its length again for each so many more, */
#define PP_PACE_MOST 3        /* up to so many times its length */
#define PP_PACE_STALE_MS 1000 /* a rate measured over so long says all; what was before does not count */

/* A rate per second that follows what is counted: `n` things in `ms` > 0; `before`: what it was until now. */
double pp_pace_rate(double before, int n, int64_t ms);
/* 1 to PP_PACE_MOST. `load`: records read per second, those that are only counted past too: every service reads the
 * whole log, so this, and not the part that it applies, says how busy the installation is. */
double pp_pace_stretch(double load);

#endif
