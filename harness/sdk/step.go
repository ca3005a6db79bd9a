package sdk

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/rolecheck/rolecheck/spec"
)

// step is one step of the plan, with what the stage and the judge need to know of it.
type step struct {
	Step
	// op is the operation to call.
	op spec.Operation
	// title says in a few words what the step is about.
	title string
	// rows are the rules that the answer is judged by.
	rows []string
	// arrange prepares the org right before the step, and returns the id of the role assignment that the path names, where
	// it names one; nil prepares nothing.
	arrange arrangement
	// reply is what the stage answers to the n-th request of the step, counted from 1; nil leaves it to the org.
	reply func(n int, r *http.Request) canned
	// atBoth says that the stage answers so at the other host as well.
	atBoth bool
	// judge judges the answer.
	judge func(*view)
	// pathRow and bodyRow are the rules that path and body are judged by, where they are not the ordinary ones.
	pathRow, bodyRow string
	// twins are the rules by which the operation's ordinary answers are judged. A client that could not read those would fail
	// this step for the same reason, so that the step is not judged.
	twins []string
	// reread says that the step reads again what the client has changed itself. A client that answers it without a request is
	// judged by what the org holds.
	reread bool
	// repeats says that more than one request is expected.
	repeats bool
}

// arrangement prepares the org for a step.
type arrangement func(context.Context, *org) (assignment string, err error)

// setAssignment puts the id of a role assignment into the path, where the operation has a place for it: behind the holder.
func (s *step) setAssignment(id string) {
	if id != "" && len(s.op.Parameters) > 1 {
		s.Path[s.op.Parameters[1]] = id
	}
}

// name identifies the step in error messages.
func (s *step) name() string { return s.Operation + ", " + s.title }

// always answers every request alike.
func always(c canned) func(int, *http.Request) canned {
	return func(int, *http.Request) canned { return c }
}

// object is a JSON object as a step or an answer is written down.
type object = map[string]any

// encoded is a value as JSON. Only this package's own values come here, which can always be encoded.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sdk: a value of the plan cannot be encoded: " + err.Error())
	}
	return b
}

// success is an answer with a body, or without where it is nil.
func success(status int, body any) canned {
	c := canned{status: status}
	if body != nil {
		c.body = encoded(body)
	}
	return c
}

// refusal is an answer that refuses, as all of the org's refusals look.
func refusal(status int, code, summary string) canned {
	return success(status, object{
		"errorCode": code, "errorSummary": summary, "errorLink": code, "errorId": "oaeStageStageStageStage01", "errorCauses": []any{},
	})
}
