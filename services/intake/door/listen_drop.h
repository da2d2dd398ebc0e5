/* Files from drop folders: an HL7 file or batch is split into its messages, X12 and FHIR files go in whole. */
#ifndef INTAKE_DOOR_LISTEN_DROP_H
#define INTAKE_DOOR_LISTEN_DROP_H

#include "store.h"

struct door_drop;
int door_drop_new(struct door_store *store, const char *root, struct door_drop **ret, struct pp_err *err);
/* The folder in which one partner puts files for us; its name is the sender of what is in them. */
int door_drop_new_one(struct door_store *store, const char *folder, const char *tenant, const char *partner,
                      struct door_drop **ret, struct pp_err *err);
void door_drop_stop(struct door_drop *d); /* its last callback may still come: d lives as long as the process */

#endif
