/* Exchange folders: files for a partner who fetches them, as an SFTP mount or a shared folder gives them.
 *
 *   <folder>/to-payer/     a file is whole when it can be seen: temporary name, fsync, rename
 *   <folder>/from-payer/   what the partner puts there; collected by the door (io/dropdir.h)
 *   <folder>/ledger/       our own book of what was put: the partner takes files away, so their absence says nothing
 *
 * Order: temporary file (synced) -> ledger/<name>.begun -> rename to its name -> ledger/<name>.put. So after a crash
 * the ledger and the temporary file tell for certain whether the file was put. Putting a name again that was put is a
 * no-op. Everything here blocks: it is called in the thread pool (service/jobs_file.c). */
#ifndef PP_IO_EXCHANGE_H
#define PP_IO_EXCHANGE_H

#include "base/err.h"
#include "base/str.h"

#define PP_EXCHANGE_NAME_MAX 100
#define PP_EXCHANGE_LEDGER_DAYS 7 /* real; an older entry of the book is removed: its job has long ended */

/* name: letters, digits, '-', '_' and '.', not at the beginning. *ret_begun: the partner may have it although -1 is
 * returned. The folder itself and to-payer must be there: a mount that is missing is an error, never a new folder. */
int pp_exchange_put(const char *folder, const char *name, struct pp_str bytes, bool *ret_begun, struct pp_err *err);
/* Was it put? -1: the folder is not there. */
int pp_exchange_was_put(const char *folder, const char *name, bool *ret_put, struct pp_err *err);

#endif
