// Holds a pod's namespaces open until the pod ends, and does nothing else.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// The kernel then reaps orphans by itself, in pods that share one process namespace.
	signal.Ignore(syscall.SIGCHLD)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	<-end
}
