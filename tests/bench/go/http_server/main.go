// A peer of the health answers: Go's net/http with a handler that answers 200 and nothing, as idiomatic as it gets.
// Usage: http_server ADDRESS
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
