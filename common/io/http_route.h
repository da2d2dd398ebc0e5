/* Paths and query strings: decoding and matching. Pure; a part of the HTTP server.
 *
 * A pattern is "/v1/cases/{id}/lines" ; a last "{rest...}" takes one or more segments. Segments are matched after
 * percent-decoding each, so a "%2F" in an id never makes another path. Where several patterns fit, the one that has
 * text where the other has a variable, at the first place they differ, wins. */
#ifndef PP_IO_HTTP_ROUTE_H
#define PP_IO_HTTP_ROUTE_H

#include "base/arena.h"

struct pp_url_pair {
    struct pp_str name, value;
};

/* False: a bad percent sequence, a NUL, or the arena is full. plus: '+' means a blank (query strings). */
bool pp_url_decode(struct pp_str raw, bool plus, struct pp_arena *a, struct pp_str *ret);

/* raw_path begins with '/'. ret_vars takes up to max_vars pairs. Returns -1 when it does not fit, else a rank: among
 * patterns that fit, the greatest is the best. Names in ret_vars are views into the pattern. *ret_bad is set when the
 * path cannot be decoded or has a "." or ".." segment. */
int64_t pp_route_match(const char *pattern, struct pp_str raw_path, struct pp_arena *a, struct pp_url_pair *ret_vars,
                       int max_vars, int *ret_nvars, bool *ret_bad);

/* raw: what follows '?'. Returns the number of parameters, or -1: too many, or not decodable. */
int pp_query_parse(struct pp_str raw, struct pp_arena *a, struct pp_url_pair *ret, int max);

#endif
