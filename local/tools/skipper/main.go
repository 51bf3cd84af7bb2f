// Skipper, with one thing more: a request that its endpoint did not answer is sent once more.
//
// A process that is killed, or a node that is lost, takes the requests it was working on with it, and
// until Kubernetes has noticed, the next ones as well. Only who holds the request can do something
// about that. Skipper by itself repeats requests without a body; ingress-nginx repeats others, too,
// when it is told to (proxy-next-upstream with non_idempotent). Here that is always right: what runs
// behind this ingress predicts, and to predict twice changes nothing.
package main

import (
	"fmt"

	log "github.com/sirupsen/logrus"
	"github.com/zalando/skipper"
	"github.com/zalando/skipper/config"
)

var version string

func main() {
	cfg := config.NewConfig()
	if err := cfg.Parse(); err != nil {
		log.Fatalf("Error processing config: %s", err)
	}
	if cfg.PrintVersion {
		fmt.Printf("Skipper version %s, with retries\n", version)
		return
	}
	log.SetLevel(cfg.ApplicationLogLevel)
	options := cfg.ToOptions()
	options.CustomHttpHandlerWrap = repeatUnanswered
	options.CustomHttpRoundTripperWrap = noteUnanswered
	if err := skipper.Run(options); err != nil {
		log.Fatal(err)
	}
}
