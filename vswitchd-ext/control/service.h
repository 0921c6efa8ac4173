/* SPDX-License-Identifier: Apache-2.0 */

#ifndef IOV_EXT_CONTROL_SERVICE_H
#define IOV_EXT_CONTROL_SERVICE_H 1

/* What the daemon tells the service manager that has started it, by the
 * protocol of sd_notify(3): that it is ready, that it still runs its loop, and
 * that it ends.
 *
 * Without NOTIFY_SOCKET in the environment all of this does nothing. */

/* Takes what the service manager has put into the environment, and out of it,
 * so that no child gets it.  To be called before any other function of this
 * file, and after daemonize_start(). */
void iov_service_init(void);

/* Says that commands are answered from now on. */
void iov_service_ready(void);

/* The watchdog (WatchdogSec= of systemd.service(5)): to be called in each turn
 * of the main loop, and nowhere else.  A loop that hangs is what it is for. */
void iov_service_run(void);
void iov_service_wait(void);

/* Says that the daemon has been asked to end, and may take a while.  May be
 * called many times. */
void iov_service_stopping(void);

#endif /* vswitchd-ext/control/service.h */
