/// Settings of something that can be switched off while its other keys stay in the file.
struct Switched<Value: Sendable>: Sendable {
  var isEnabled = true
  var value: Value
  init(_ value: Value) { self.value = value }
}
