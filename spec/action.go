package spec

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// actionKey is the extension that says what an operation does.
const actionKey = "x-action"

// Action says what an operation does, with what, and whose it is: it lists, say, the group targets of a user's role. No
// two operations of the description have the same action.
type Action struct {
	Verb   Verb   `json:"verb"`
	Object Object `json:"object"`
	Of     Holder `json:"of"`
}

// String returns the action in the words of the description, such as "list group-target of user".
func (a Action) String() string { return fmt.Sprintf("%s %s of %s", a.Verb, a.Object, a.Of) }

// Verb is what an operation does with its object.
type Verb string

// The verbs.
const (
	List     Verb = "list"
	Get      Verb = "get"
	Assign   Verb = "assign"
	Replace  Verb = "replace"
	Unassign Verb = "unassign"
)

// methods are the HTTP methods that an operation with a verb may have.
var methods = map[Verb][]string{
	List:     {http.MethodGet},
	Get:      {http.MethodGet},
	Assign:   {http.MethodPost, http.MethodPut},
	Replace:  {http.MethodPut},
	Unassign: {http.MethodDelete},
}

// Object is what an operation is about.
type Object string

// The objects. Targets are those of a role that is assigned to a user, group or client.
const (
	Role              Object = "role"
	GroupTarget       Object = "group-target"
	AppTarget         Object = "app-target"
	AppInstanceTarget Object = "app-instance-target"
	AllAppTargets     Object = "all-app-targets"
	Permission        Object = "permission"
	Assignee          Object = "assignee"
)

var objects = []Object{Role, GroupTarget, AppTarget, AppInstanceTarget, AllAppTargets, Permission, Assignee}

// IsTarget reports whether the object is a target, or several, of an assigned role.
func (o Object) IsTarget() bool {
	return slices.Contains([]Object{GroupTarget, AppTarget, AppInstanceTarget, AllAppTargets}, o)
}

// Holder is the kind of thing that an object belongs to: the principal that a role is assigned to, the custom role that has a permission, or the
// org. The first parameter of an operation's path names it; the org has none.
type Holder string

// The holders.
const (
	User       Holder = "user"
	Group      Holder = "group"
	Client     Holder = "client"
	CustomRole Holder = "custom-role"
	Org        Holder = "org"
)

var holders = []Holder{User, Group, Client, CustomRole, Org}

// actionOf reads what an operation does, and checks that its method and path allow it.
func actionOf(method string, parameters []string, extensions map[string]any) (Action, error) {
	var a Action
	stated, err := readExtension(extensions, actionKey, &a)
	allowed, known := methods[a.Verb]
	switch {
	case err != nil:
		return a, err
	case !stated:
		return a, errors.New("no " + actionKey)
	case !known:
		return a, fmt.Errorf("%s: unknown verb %q", actionKey, a.Verb)
	case !slices.Contains(objects, a.Object):
		return a, fmt.Errorf("%s: unknown object %q", actionKey, a.Object)
	case !slices.Contains(holders, a.Of):
		return a, fmt.Errorf("%s: unknown holder %q", actionKey, a.Of)
	case !slices.Contains(allowed, method):
		return a, fmt.Errorf("%s: the verb %s with the method %s", actionKey, a.Verb, method)
	case (a.Of == Org) != (len(parameters) == 0):
		return a, fmt.Errorf("%s: of %s with the path parameters %q; the first one names the holder, and the org has none", actionKey, a.Of, parameters)
	}
	return a, nil
}

// checkActions refuses two operations with one action, and holders of a kind that paths name by different parameters.
func checkActions(operations []Operation) error {
	byAction := map[Action]string{}
	byParameter := map[string]Holder{}
	for _, o := range operations {
		if other, twice := byAction[o.Action]; twice {
			return fmt.Errorf("to %s is the action of two operations, %s and %s", o.Action, other, o.ID)
		}
		byAction[o.Action] = o.ID
		if len(o.Parameters) == 0 {
			continue
		}
		name := o.Parameters[0]
		if of, ok := byParameter[name]; ok && of != o.Action.Of {
			return fmt.Errorf("the parameter %s names a %s, and in the path of %s a %s", name, of, o.ID, o.Action.Of)
		}
		byParameter[name] = o.Action.Of
	}
	return nil
}

// Find returns the operation with an action.
func (s *Spec) Find(a Action) (Operation, bool) {
	return first(s.Operations, func(o Operation) bool { return o.Action == a })
}
