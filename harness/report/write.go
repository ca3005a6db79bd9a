package report

import (
	"fmt"

	"github.com/rolecheck/rolecheck/harness/text"
)

// JSON is the report as report.json has it.
func (r *Report) JSON() ([]byte, error) {
	b, err := text.JSON(r)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return b, nil
}
