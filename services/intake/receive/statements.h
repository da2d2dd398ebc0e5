/* All SQL of the receive role, and its arrays. */
#ifndef INTAKE_RECEIVE_STATEMENTS_H
#define INTAKE_RECEIVE_STATEMENTS_H

#include "io/pg.h"

extern const struct pp_pg_stmt receive_statements[];

/* select_messages: $1 tenants, $2 senders, $3 message ids -> tenant, sender, message_id, hash */
#define RCV_SELECT_MESSAGES "select_messages"
/* select_identifiers: $1 tenants, $2 kinds, $3 authorities, $4 values -> tenant, kind, authority, value, person */
#define RCV_SELECT_IDENTIFIERS "select_identifiers"
/* select_persons: the same keys -> tenant, person, survivor, birth_date, sex, family, provisional; survivors of
 * survivors included */
#define RCV_SELECT_PERSONS "select_persons"
/* select_said: the same keys -> person, what, hash */
#define RCV_SELECT_SAID "select_said"
#define RCV_INSERT_MESSAGES "insert_messages"
#define RCV_INSERT_IDENTIFIERS "insert_identifiers"
#define RCV_UPSERT_PERSONS "upsert_persons"
#define RCV_UPSERT_SAID "upsert_said"

#endif
