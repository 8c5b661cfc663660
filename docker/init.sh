#!/bin/sh
# PID 1 of the container: init.sh PROGRAM [ARGUMENT...]
#
# A process whose parent has ended becomes a child of PID 1, which has to wait for it, or it stays a zombie for as long
# as the container lives. Node waits only for the children that it started itself (libuv calls waitpid(2) for each of
# their pids), so it cannot be PID 1. A shell's wait takes every child. Signals are handed on; the exit code is the
# program's own.
"$@" &
program=$!
trap 'kill -TERM "$program"' TERM INT
trap 'kill -HUP "$program"' HUP

while :; do
  wait "$program"
  code=$?
  # Above 128 either a signal interrupted the wait, or one ended the program.
  [ "$code" -gt 128 ] && kill -0 "$program" 2>/dev/null && continue
  exit "$code"
done
