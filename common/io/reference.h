/* What stands on pa.reference.v1: which reference packs exist and from when they hold.
 *
 * One record for each (name, bytes): key "<pack>/<hash>", value {"pack","hash","effective_at"} with effective_at in
 * RFC 3339, virtual time. In force is the record of a name with the greatest effective_at that is not in the future; a
 * tombstone withdraws one. The bytes lie in the blob store under the hash, as tenant PP_REFERENCE_TENANT: packs
 * belong to the installation. Written by `priorpath packs publish`, read by every instance. */
#ifndef PP_IO_REFERENCE_H
#define PP_IO_REFERENCE_H

#define PP_REFERENCE_TOPIC "pa.reference.v1"
#define PP_REFERENCE_TENANT "reference"
/* From when the first pack of a name holds: before every day that is played. */
#define PP_REFERENCE_FIRST_AT "2000-01-01T00:00:00.000Z"

#endif
