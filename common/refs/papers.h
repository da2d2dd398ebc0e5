/* Documents: what a list asks for (kind "doclists") and what a document that arrives is (kind "doctypes"). */
#ifndef PP_REFS_PAPERS_H
#define PP_REFS_PAPERS_H

#include "refs/refs.h"
#include "ev.h"

#define PP_DOCLIST_ITEMS_MAX 20

/* The items of a document list, in the order of the pack; 0 for an unknown or empty list. */
size_t pp_refs_doclist(const struct pp_refs *r, struct pp_str list, const struct ev_required_document **ret);

/* Item that a document of this type is ("clinical_note"), by sender, system and code; the row whose sender and system
 * fit best. A row without code matches by its words in the title (case folded). Empty: unknown, a person must say. */
struct pp_str pp_refs_doctype(const struct pp_refs *r, struct pp_str sender, struct pp_str system, struct pp_str code,
                              struct pp_str title);
/* LOINC code that names an item to a payer, as doctypes lists it for system LOINC; empty when there is none. */
struct pp_str pp_refs_item_loinc(const struct pp_refs *r, struct pp_str item);
/* Title of an item, from the first list that has it; empty when there is none. */
struct pp_str pp_refs_item_title(const struct pp_refs *r, struct pp_str item);

#endif
