/* Reads a folder of reference packs (*.tsv) into one set. Blocking: for start-up, tools and tests. The hash of a pack
 * is computed from its bytes; every pack is in force from the beginning of time. */
#ifndef PP_IO_REFS_DIR_H
#define PP_IO_REFS_DIR_H
#include "refs/refs.h"
int pp_refs_load_dir(const char *dir, struct pp_refs **ret, struct pp_err *err);
#endif
