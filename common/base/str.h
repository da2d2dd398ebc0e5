/* String views.
 *
 * A pp_str points to bytes that somebody else owns: an arena, a message, a
 * literal. It never owns memory and may hold any byte, NUL included. Every
 * pp_str made by this project's arena, codec or row loader is also followed by
 * a NUL byte, so that .s can be handed to C functions. {NULL, 0} is the empty
 * string and the mark of "not given": the domain never tells the two apart.
 */
#ifndef PP_BASE_STR_H
#define PP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pp_str {
    const char *s; /* NULL when n == 0 is allowed */
    uint32_t n;    /* length in bytes, without the NUL */
};

#define PP_STR(lit) ((struct pp_str){(lit), (uint32_t)(sizeof(lit) - 1)})
#define PP_STR_NONE ((struct pp_str){NULL, 0})
/* printf("%.*s", PP_FMT(x)) */
#define PP_FMT(x) (int)(x).n, ((x).n ? (x).s : "")

static inline struct pp_str pp_str_z(const char *z) { return (struct pp_str){z, z ? (uint32_t)strlen(z) : 0}; }
static inline bool pp_str_empty(struct pp_str a) { return a.n == 0; }
static inline bool pp_str_eq(struct pp_str a, struct pp_str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}
static inline bool pp_str_eqz(struct pp_str a, const char *z) { return pp_str_eq(a, pp_str_z(z)); }

/* Byte order, shorter first when one is the head of the other. <0, 0, >0. */
int pp_str_cmp(struct pp_str a, struct pp_str b);
/* ASCII case folded comparison. */
bool pp_str_ieq(struct pp_str a, struct pp_str b);
bool pp_str_starts(struct pp_str a, struct pp_str head);
bool pp_str_ends(struct pp_str a, struct pp_str tail);
/* The same view without leading and trailing blanks, tabs, CR and LF. */
struct pp_str pp_str_trim(struct pp_str a);
/* Takes the part before `sep` off *rest and returns it; *rest becomes what follows `sep`.
 * When `sep` is not there, all of *rest is returned and *rest becomes empty. */
struct pp_str pp_str_split(struct pp_str *rest, char sep);
/* The first bytes_max bytes, without the beginning of a UTF-8 character that would be cut in two. */
struct pp_str pp_str_cut(struct pp_str a, uint32_t bytes_max);
/* Decimal integer, optional sign, nothing else around it. False leaves *ret_v untouched. */
bool pp_str_int(struct pp_str a, int64_t *ret_v);

#endif
