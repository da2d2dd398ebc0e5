#include "io/priority.h"

#include "io/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* Where the kernel shares the processor out by session (sched_autogroup), the nice value counts within the session
 * only, and the session has one of its own. */
static bool session(int nice) {
    FILE *f = fopen("/proc/self/autogroup", "we");
    if (!f) return true; /* no such sharing */
    bool ok = fprintf(f, "%d", nice) > 0;
    return fclose(f) == 0 && ok;
}

void pp_priority(int nice) {
    if (nice == 0) return;
    bool ok = setpriority(PRIO_PROCESS, 0, nice) == 0;
    if (!session(nice) || !ok) pp_log(PP_LOG_DEBUG, "priority not changed", "why", PP_S(strerror(errno)), NULL);
}
