/* Binary parameters and results of PostgreSQL (documentation: "Formats and Format Codes"; array_recv in the sources).
 */
#include "io/pg_int.h"

#include <endian.h>
#include <string.h>

/* PostgreSQL counts days and microseconds from 2000-01-01. */
#define PG_EPOCH_MS INT64_C(946684800000)
#define PG_EPOCH_DATE 730120 /* pp_date of 2000-01-01 */

/* ---- parameters ---- */

#define ARRAY_HEAD_BYTES 20
#define ARRAY_COUNT_AT 12

void pp_array_init(struct pp_array *a) {
    pp_buf_init(&a->b, PP_ARRAY_BYTES_MAX);
    a->n = a->rows = 0;
}

void pp_array_free(struct pp_array *a) { pp_buf_free(&a->b); }

void pp_array_begin(struct pp_array *a, uint32_t type) {
    pp_buf_reset(&a->b);
    a->n = a->rows = 0;
    pp_buf_be32(&a->b, 1); /* dimensions */
    pp_buf_be32(&a->b, 1); /* may hold NULLs */
    pp_buf_be32(&a->b, type);
    pp_buf_be32(&a->b, 0); /* length, written at the end */
    pp_buf_be32(&a->b, 1); /* lower bound */
}

void pp_array_null(struct pp_array *a) {
    pp_buf_be32(&a->b, UINT32_MAX);
    a->n++;
}

void pp_array_bool(struct pp_array *a, bool v) {
    pp_buf_be32(&a->b, 1);
    pp_buf_addc(&a->b, v ? 1 : 0);
    a->n++;
}

void pp_array_i2(struct pp_array *a, int16_t v) {
    pp_buf_be32(&a->b, 2);
    pp_buf_be16(&a->b, (uint16_t)v);
    a->n++;
}

void pp_array_i4(struct pp_array *a, int32_t v) {
    pp_buf_be32(&a->b, 4);
    pp_buf_be32(&a->b, (uint32_t)v);
    a->n++;
}

void pp_array_i8(struct pp_array *a, int64_t v) {
    pp_buf_be32(&a->b, 8);
    pp_buf_be64(&a->b, (uint64_t)v);
    a->n++;
}

void pp_array_text(struct pp_array *a, struct pp_str v) {
    pp_buf_be32(&a->b, v.n);
    pp_buf_add(&a->b, v.s, v.n);
    a->n++;
}

void pp_array_uuid(struct pp_array *a, struct pp_uuid v) {
    pp_buf_be32(&a->b, 16);
    pp_buf_add(&a->b, v.b, 16);
    a->n++;
}

void pp_array_date(struct pp_array *a, pp_date v) {
    if (!v)
        pp_array_null(a);
    else
        pp_array_i4(a, v - PG_EPOCH_DATE);
}

void pp_array_time(struct pp_array *a, int64_t ms) {
    if (!ms)
        pp_array_null(a);
    else
        pp_array_i8(a, (ms - PG_EPOCH_MS) * 1000);
}

/* A row (record_recv in the sources): bytes, columns; for each column type, bytes, value. */
size_t pp_array_row_begin(struct pp_array *a, uint32_t ncols) {
    size_t at = a->b.n;
    pp_buf_be32(&a->b, 0); /* bytes, written at the end */
    pp_buf_be32(&a->b, ncols);
    return at;
}

void pp_array_column(struct pp_array *a, uint32_t type) { pp_buf_be32(&a->b, type); }

void pp_array_row_end(struct pp_array *a, size_t at) {
    a->n = ++a->rows; /* the functions for columns have counted as if each were an element */
    if (a->b.failed) return;
    uint32_t bytes = htobe32((uint32_t)(a->b.n - at - 4));
    memcpy(a->b.p + at, &bytes, 4);
}

struct pp_str pp_array_param(struct pp_array *a) {
    uint32_t n = htobe32(a->n);
    if (a->b.n >= ARRAY_HEAD_BYTES) memcpy(a->b.p + ARRAY_COUNT_AT, &n, 4);
    return pp_buf_str(&a->b);
}

struct pp_str pp_pg_i4(int32_t v, char buf[8]) {
    uint32_t be = htobe32((uint32_t)v);
    memcpy(buf, &be, 4);
    return (struct pp_str){buf, 4};
}

struct pp_str pp_pg_i8(int64_t v, char buf[8]) {
    uint64_t be = htobe64((uint64_t)v);
    memcpy(buf, &be, 8);
    return (struct pp_str){buf, 8};
}

struct pp_str pp_pg_time(int64_t ms, char buf[8]) {
    return pp_pg_i8((ms - PG_EPOCH_MS) * 1000, buf);
}

/* ---- results ---- */

#define RESULT(rows) ((const PGresult *)(const void *)(rows))

int pp_rows_n(const struct pp_rows *r) { return PQntuples(RESULT(r)); }
bool pp_rows_null(const struct pp_rows *r, int row, int col) { return PQgetisnull(RESULT(r), row, col) != 0; }

int64_t pp_rows_int(const struct pp_rows *r, int row, int col) {
    const char *p = PQgetvalue(RESULT(r), row, col);
    uint16_t v2;
    uint32_t v4;
    uint64_t v8;
    switch (PQgetlength(RESULT(r), row, col)) {
    case 2: memcpy(&v2, p, 2); return (int16_t)be16toh(v2);
    case 4: memcpy(&v4, p, 4); return (int32_t)be32toh(v4);
    case 8: memcpy(&v8, p, 8); return (int64_t)be64toh(v8);
    default: return 0;
    }
}

bool pp_rows_bool(const struct pp_rows *r, int row, int col) {
    return PQgetlength(RESULT(r), row, col) == 1 && PQgetvalue(RESULT(r), row, col)[0] != 0;
}

struct pp_str pp_rows_str(const struct pp_rows *r, int row, int col) {
    return (struct pp_str){PQgetvalue(RESULT(r), row, col), (uint32_t)PQgetlength(RESULT(r), row, col)};
}

struct pp_uuid pp_rows_uuid(const struct pp_rows *r, int row, int col) {
    struct pp_uuid u = {{0}};
    if (PQgetlength(RESULT(r), row, col) == 16) memcpy(u.b, PQgetvalue(RESULT(r), row, col), 16);
    return u;
}

pp_date pp_rows_date(const struct pp_rows *r, int row, int col) {
    return pp_rows_null(r, row, col) ? 0 : (pp_date)pp_rows_int(r, row, col) + PG_EPOCH_DATE;
}

int64_t pp_rows_time(const struct pp_rows *r, int row, int col) {
    if (pp_rows_null(r, row, col)) return 0;
    int64_t us = pp_rows_int(r, row, col), ms = us / 1000;
    if (us < 0 && us % 1000) ms--; /* floor, also before 2000 */
    return ms + PG_EPOCH_MS;
}
