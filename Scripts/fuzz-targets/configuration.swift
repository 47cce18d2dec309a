// Any bytes as a configuration: an answer, settings exactly when there are no problems, each problem one line; and the
// plan of what was accepted prints.
@testable import FeedConfig
import FeedCore

func fuzzConfiguration(_ input: UnsafeRawBufferPointer) {
  let bytes = Array(input)
  let (settings, problems) = ConfigurationFile.load(bytes: bytes, file: "f")
  precondition((settings == nil) == !problems.isEmpty, "neither settings nor problems, or both")
  for problem in problems {
    let line = problem.description
    precondition(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(line) is not one line")
    precondition(!problem.what.isEmpty && !problem.allowed.isEmpty && !problem.remedy.isEmpty, line)
  }
  if let settings {
    let plan = ConfigurationPlan(settings: settings, allowedCPUs: [0, 1]).description
    precondition(!plan.isEmpty)
  }
}
