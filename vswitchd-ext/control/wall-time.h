/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_WALL_TIME_H
#define IOV_EXT_CONTROL_WALL_TIME_H 1

/* Times of day, in the form in which all commands show them. */

struct ds;

/* Appends the time 'wall' (wall clock, ms) to 'ds': the hour of today, or of
 * another day with its date, in the local time zone. */
void iov_put_wall_time(struct ds *, long long int wall);

#endif /* vswitchd-ext/control/wall-time.h */
