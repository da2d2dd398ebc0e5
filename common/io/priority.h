/* Who goes first on a machine that is too small for all: processes that somebody waits for. */
#ifndef PP_IO_PRIORITY_H
#define PP_IO_PRIORITY_H

/* Gives this process and its threads the nice value, -20 (first) … 19; call it before threads are made. 0 asks for
 * nothing. Going first needs CAP_SYS_NICE; without it the process takes its turn like the others, which is told at
 * level debug. */
void pp_priority(int nice);

#endif
