/* The door role of intake: makes raw bytes durable on pa.inbound.v1 and answers the sender. No database. */
#ifndef INTAKE_DOOR_DOOR_H
#define INTAKE_DOOR_DOOR_H

int door_main(int argc, char **argv);

#endif
