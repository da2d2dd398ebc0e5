/* Which order a case stands for, as the public topic of cases says it. Reads the topic when asked for a case that it
 * does not know yet, and only what it has not read. A case stands in the partition in which its authorizations do. */
#ifndef PRIORPATH_ORDER_NUMBERS_H
#define PRIORPATH_ORDER_NUMBERS_H

#include "base/err.h"
#include "base/uuid.h"

#define ORDER_NUMBERS_MAX (1u << 20) /* cases remembered; beyond it all are forgotten and read again as needed */

struct order_numbers;
/* brokers and topic are borrowed. NULL: no memory. */
struct order_numbers *order_numbers_new(const char *brokers, const char *topic, int timeout_ms);
/* 1 and *ret (lives until the next call), 0: the topic does not know the case, -1: it cannot be read. */
int order_numbers_find(struct order_numbers *o, int partition, struct pp_uuid case_id, struct pp_str *ret,
                       struct pp_err *err);
void order_numbers_free(struct order_numbers *o);

#endif
