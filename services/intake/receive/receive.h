/* The receive role of intake: raw messages from pa.inbound.v1 to facts on pa.log.v1. */
#ifndef INTAKE_RECEIVE_RECEIVE_H
#define INTAKE_RECEIVE_RECEIVE_H

int receive_main(int argc, char **argv);

#endif
