package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	skipperio "github.com/zalando/skipper/io"
)

const (
	// Larger bodies pass through as they come, and are sent once.
	maxBody = 8 << 20
	// A connection may have been closed as it was used: the endpoint itself may be well.
	triesPerEndpoint = 2
	// Skipper chooses the endpoint, and may choose one that has failed already several times.
	maxChoices = 16
)

// course is what became of one request so far.
type course struct {
	unanswered bool
	// By endpoint, the errors of the tries it had.
	failures map[string][]error
}

type courseKey struct{}

// noteUnanswered tells of requests that reached no endpoint, or lost it before it answered.
func noteUnanswered(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		course, ok := request.Context().Value(courseKey{}).(*course)
		if !ok {
			return next.RoundTrip(request)
		}
		endpoint := request.URL.Host
		if errs := course.failures[endpoint]; len(errs) == triesPerEndpoint {
			course.unanswered = true
			return nil, errs[0]
		}
		response, err := next.RoundTrip(request)
		course.unanswered = err != nil && isWorthRepeating(request, err)
		if course.unanswered {
			course.failures[endpoint] = append(course.failures[endpoint], err)
		}
		return response, err
	})
}

// isWorthRepeating excludes clients that have gone, requests that are refused, and endpoints that take
// too long: a second one would take as long, and be one more that is busy.
func isWorthRepeating(request *http.Request, err error) bool {
	var timeout net.Error
	return request.Context().Err() == nil &&
		!errors.Is(err, skipperio.ErrBlocked) &&
		!(errors.As(err, &timeout) && timeout.Timeout())
}

// repeatUnanswered has Skipper handle a request again, and choose again, until an endpoint answers.
func repeatUnanswered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.ContentLength > maxBody || request.Header.Get("Upgrade") != "" {
			next.ServeHTTP(writer, request)
			return
		}
		body, err := io.ReadAll(io.LimitReader(request.Body, maxBody+1))
		if err != nil || len(body) > maxBody {
			request.Body = &rest{io.MultiReader(bytes.NewReader(body), request.Body), request.Body}
			next.ServeHTTP(writer, request)
			return
		}
		course := &course{failures: map[string][]error{}}
		ctx := context.WithValue(request.Context(), courseKey{}, course)
		for choices := maxChoices; ; choices-- {
			course.unanswered = false
			again := request.Clone(ctx)
			again.Body = http.NoBody
			if len(body) > 0 {
				again.Body = io.NopCloser(bytes.NewReader(body))
			}
			response := &held{ResponseWriter: writer, header: http.Header{}, course: course, isLast: choices == 1}
			next.ServeHTTP(response, again)
			if !response.isDropped {
				return
			}
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// rest is a body of which the beginning has been read.
type rest struct {
	io.Reader
	io.Closer
}

// held drops Skipper's own answer to a request that will be repeated, and lets every other one pass.
type held struct {
	http.ResponseWriter
	header    http.Header
	course    *course
	isLast    bool
	isPassed  bool
	isDropped bool
}

func (h *held) Header() http.Header {
	if h.isPassed {
		return h.ResponseWriter.Header()
	}
	return h.header
}

func (h *held) WriteHeader(status int) {
	if h.isPassed || h.isDropped {
		return
	}
	if h.course.unanswered && !h.isLast {
		h.isDropped = true
		return
	}
	h.isPassed = true
	header := h.ResponseWriter.Header()
	for name, values := range h.header {
		header[name] = values
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *held) Write(content []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	if h.isDropped {
		return len(content), nil
	}
	return h.ResponseWriter.Write(content)
}

func (h *held) Flush() {
	if flusher, ok := h.ResponseWriter.(http.Flusher); ok && h.isPassed {
		flusher.Flush()
	}
}

// Unwrap lets Skipper set deadlines.
func (h *held) Unwrap() http.ResponseWriter { return h.ResponseWriter }
