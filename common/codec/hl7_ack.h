/* Acknowledgments, original and enhanced mode (HL7 2.5.1 sections 2.9.2 and 2.9.3, tables 0008 and 0155).
 *
 * Original mode, MSH-15 and MSH-16 both empty: one answer, AA, AE or AR. Enhanced mode: an accept answer (CA, CE, CR)
 * when MSH-15 asks for it, and an application answer (AA, AE, AR) when MSH-16 does; AL always, NE never, ER on errors
 * and rejections, SU on success, empty never. A listener that answers once, when it has stored the message, gives the
 * accept answer when that is asked for, else the application answer; where both are asked for it owes the second one
 * (pp_hl7_ack_owed), which may go out later and on another connection.
 *
 * The answer echoes the sender's number in MSA-2, swaps MSH-3 to MSH-6, and keeps delimiters, version, processing id
 * and character set of the message it answers. Its own MSH-10 and time are given by the caller, so that the same
 * message twice gets the same answer twice.
 */
#ifndef PP_CODEC_HL7_ACK_H
#define PP_CODEC_HL7_ACK_H

#include "codec/hl7_view.h"

enum pp_hl7_outcome { PP_HL7_ACCEPT, PP_HL7_ERROR, PP_HL7_REJECT };

struct pp_hl7_ack {
    enum pp_hl7_outcome outcome;
    bool later;                        /* the application answer that is owed after an accept answer */
    struct pp_str control_id;          /* of our answer, at most 20 characters before 2.7 */
    struct pp_str time;                /* YYYYMMDDHHMMSS[+-ZZZZ]; may be empty */
    struct pp_str text;                /* MSA-3, for people; no patient data */
    const struct pp_hl7_fault *faults; /* each becomes an ERR segment; warnings too, with severity W */
    uint32_t faults_n;
};

/* "AA", "AE", "AR", or of an accept answer "CA", "CE", "CR". */
const char *pp_hl7_ack_code(bool accept, enum pp_hl7_outcome outcome);
/* Does the sender want an answer now: the accept answer or, without it, the application answer? */
bool pp_hl7_ack_wanted(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome);
/* Is the answer that is given now the accept answer? Otherwise it is the application answer. */
bool pp_hl7_ack_is_accept(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome);
/* Does the sender want an application answer besides the accept answer? outcome is that of the application. */
bool pp_hl7_ack_owed(const struct pp_hl7_msh *msh, enum pp_hl7_outcome outcome);
/* Appends the answer to m, CR after each segment. m needs its MSH segment only: pp_hl7_parse may have been given a
 * message whose other segments are unusable. */
void pp_hl7_ack_write(struct pp_hl7_msg *m, const struct pp_hl7_ack *ack, struct pp_buf *out);
/* The answer to bytes that are no message: default delimiters, nothing to echo. MSA-2 is empty. */
void pp_hl7_nak_write(const struct pp_hl7_ack *ack, struct pp_buf *out);

/* An answer that we received. */
struct pp_hl7_answer {
    struct pp_str code; /* MSA-1 */
    bool accept;        /* CA, CE or CR: an application answer may follow */
    enum pp_hl7_outcome outcome;
    struct pp_str control_id; /* MSA-2: our number */
    struct pp_str text;       /* MSA-3, else ERR-8, else ERR-3 text */
    struct pp_str error_code; /* ERR-3, else ERR-1 */
};
/* -1 when there is no MSA, it lacks MSA-1 or MSA-2, or MSA-1 is no code of table 0008. */
int pp_hl7_read_answer(struct pp_hl7_msg *m, struct pp_hl7_answer *ret, struct pp_err *err);

#endif
