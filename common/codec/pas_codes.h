/* Code systems and extension addresses of PAS 2.2.1, and the codes we choose. Shared by pas_*.c and x12_278*.c only. */
#ifndef PP_CODEC_PAS_CODES_H
#define PP_CODEC_PAS_CODES_H

#include "base/str.h"

#define PAS_SD "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
#define PAS_EXT(name) PAS_SD "extension-" name
#define PAS_TEMP "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes"
#define PAS_X12(list) "https://codesystem.x12.org/005010/" list
#define PAS_X12_REVIEW PAS_X12("306")
#define PAS_X12_REASON "https://codesystem.x12.org/external/886"
#define PAS_CPT "http://www.ama-assn.org/go/cpt"
#define PAS_HCPCS "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
#define PAS_ICD10 "http://hl7.org/fhir/sid/icd-10-cm"
#define PAS_NPI "http://hl7.org/fhir/sid/us-npi"
#define PAS_POS "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
#define PAS_LOINC "http://loinc.org"

/* CPT or HCPCS by shape: HCPCS Level II begins with a letter. */
const char *pas_code_system(struct pp_str code);
/* Numeric modifiers belong to CPT, the others to HCPCS. */
const char *pas_modifier_system(struct pp_str modifier);
/* Service type (X12 1365) of a code, from its section: what a payer's routing wants to know, no statement about the
 * service. */
struct pp_str pas_service_type(struct pp_str code);
/* Report type (X12 755) of a checklist item. */
struct pp_str pas_report_type(struct pp_str item);
/* Equipment and supplies go as DeviceRequest. */
bool pas_is_device(struct pp_str code);

#endif
