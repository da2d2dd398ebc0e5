/* What the files of the receive role share: receive.c (the shell), write.c (its rows), receive_x12.c (large X12 files),
 * acks.c (acknowledgements), early.c (facts that came before what they speak of). Nobody else includes it. */
#ifndef INTAKE_RECEIVE_RECEIVE_INT_H
#define INTAKE_RECEIVE_RECEIVE_INT_H

#include "from_x12.h"
#include "core/service.h"
#include "receive.h"
#include "service/engine.h"
#include "service/packs.h"
#include "statements.h"

#define RAW_BYTES_MAX (128u * 1024) /* larger bodies stand in the blob store under their hash */
#define TASK_DUE_MS (PP_MS_DAY)

/* An X12 file that stands in the blob store is read in steps, each a record of its own on pa.inbound.v1: the first only
 * notes the file, each further one reads pieces and says where to go on. */
#define RCV_STEP_ITEMS 400
#define RCV_STEP_HEADER "pp_from" /* byte of the file; such a record is ours, not the door's */

enum rcv_timer { RCV_TIMER_EARLY = 1, RCV_TIMER_ACK = 2 };

struct message { /* one input, from load() to finish() */
    struct rcv_source src;
    struct rcv_reading reading;
    struct pp_str format, message_id, hash, bytes;
    struct pp_str file_name;    /* of the drop folder; empty: none */
    struct pp_uuid sender_unit; /* pseudo-person of the sender */
    int64_t received_ms;
    const char *state; /* NULL until applied: then it is written */
    struct pp_str reason;
    int facts, refused;
    /* X12 in steps */
    bool large;     /* first record of such a file */
    bool step;      /* a further one */
    bool postponed; /* another file is read in this batch */
    bool last;
    int64_t from, next;
    char ack_hash[65]; /* of the acknowledgement in the blob store; empty: none */
    struct message *next_applied;
};

struct said {
    struct pp_uuid person;
    struct pp_str tenant, what, hash;
    bool changed;
    struct said *next;
};

struct seen { /* a message known before, or applied earlier in this batch */
    struct pp_str tenant, sender, message_id, hash;
    int64_t read_until; /* of a file in steps */
    struct seen *next;
};

struct early { /* a fact that waits for its claim */
    struct pp_uuid id;
    struct rcv_key key;
    struct pp_uuid unit;  /* of its sender */
    struct pp_uuid owner; /* person whose claim it is, when that is known by now */
    struct pp_str type, body;
    bool is_new, gone, told, looked; /* told: a task was said; looked: by the clock, once */
    struct early *next;
};

#define RCV_ACKS_TODO 64
#define RCV_ACK_PATH 2048
struct rcv_ack_todo { /* a file of acks/ that is to be written; only a memory of what the row says */
    struct pp_uuid id;
    char path[RCV_ACK_PATH], tenant[65], ack_hash[65]; /* path empty: free */
    int64_t made_ms;
    bool tried, written, done; /* of the open batch */
};

struct receive {
    struct pp_engine *engine;
    struct pp_packs *packs;
    const struct pp_refs *refs; /* of the batch */
    struct pp_batch *batch;
    struct rcv_registry *registry;
    struct seen *seen;
    struct said *said;
    struct early *early;
    struct message *applied, *applied_last;
    const struct pp_input *input; /* that is being applied, and how many persons it minted */
    uint32_t minted, waited;
    int unread;            /* messages of the batch whose bytes are still on their way */
    struct pp_array a[16]; /* parameter arrays, kept from batch to batch */
    struct rcv_files *files;
    const char *drop_dir;
    struct rcv_ack_todo todo[RCV_ACKS_TODO];
};

/* ---- write.c ---- */
void rcv_begin_arrays(struct receive *rc, const enum pp_pg_type *types, int n);
int rcv_params(struct receive *rc, struct pp_str *ret, int n);
void rcv_write_messages(struct receive *rc, struct pp_batch *b);
void rcv_write_identifiers(struct receive *rc, struct pp_batch *b);
void rcv_write_persons(struct receive *rc, struct pp_batch *b);
void rcv_write_said(struct receive *rc, struct pp_batch *b);

/* ---- receive.c ---- */
int rcv_say(struct receive *rc, struct pp_input *in, struct message *m, struct pp_uuid person, struct ev ev,
            struct pp_err *err);
int rcv_quarantine(struct receive *rc, struct pp_input *in, struct message *m, struct pp_str place,
                   struct pp_str reason, struct pp_err *err);

/* ---- receive_x12.c ---- */
struct rcv_files *rcv_files_new(void);
void rcv_files_free(struct rcv_files *f);
/* In load(): the pieces of a step become m->reading; `done` is called once, also when the bytes cannot be had. */
void rcv_step_load(struct receive *rc, struct pp_input *in, struct message *m, void (*done)(struct receive *rc));
/* In apply(): the record of the next step. */
int rcv_step_send(struct receive *rc, struct pp_input *in, const struct message *m, int64_t from, struct pp_err *err);
void rcv_write_steps(struct receive *rc, struct pp_batch *b);

/* ---- acks.c ---- */
extern const struct pp_service rcv_front; /* queries of the role */
/* In load(), when a message was read: its acknowledgement into the blob store. */
void rcv_keep_ack(struct receive *rc, struct message *m);
/* In apply(), when the message counts: the file in the sender's folder is to be written. */
int rcv_ack_wanted(struct receive *rc, struct pp_input *in, struct message *m, struct pp_err *err);
void rcv_acks_load(struct receive *rc, struct pp_batch *b);
int rcv_ack_timer(struct receive *rc, struct pp_input *in, struct pp_err *err);
void rcv_write_acks(struct receive *rc, struct pp_batch *b);

/* ---- early.c ---- */
/* In load(): what waits for the claims that the batch's messages bring, and what due timers are about. */
void rcv_early_look_up(struct receive *rc, struct pp_batch *b);
/* In apply(): the fact waits. */
int rcv_early_wait(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_report *r,
                   struct pp_err *err);
/* A claim is known now: says what waited for it. */
int rcv_early_say(struct receive *rc, struct pp_input *in, struct message *m, const struct rcv_subject *s,
                  struct pp_uuid person, struct pp_err *err);
int rcv_early_timer(struct receive *rc, struct pp_input *in, struct pp_err *err);
void rcv_early_write(struct receive *rc, struct pp_batch *b);

#endif
