// Runs one planted function, named by the first argument, inside a marked hot path: for the run-time trap.
// `all` runs every one of them, outside: what keeps the optimiser from dropping or specialising them.

import CPlatform
import Glibc

func makeWork() -> Work {
  let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  pthread_mutex_init(mutex, nil)
  let words = UnsafeMutablePointer<Int>.allocate(capacity: 16)
  words.initialize(repeating: CommandLine.arguments.count, count: 16)
  return Work(words: words, count: CommandLine.arguments.count &* 5, box: Box(2), mutex: mutex)
}

func runAll(_ work: Work, _ step: Int) throws -> Int {
  let shapes: [any Shape] = [Square(), Strip()]
  let values: [Any] = [step, "text"]
  let transforms: [(Int) -> Int] = [{ $0 ^ step }, { $0 &* 3 }]
  let acceptedTransforms: [(Int) -> Int] = [{ $0 &+ step }, plantedAcceptedTarget]
  var sum = plantedClean(work, step) &+ plantedArray(work, step) &+ plantedRetain(work, step)
  sum = sum &+ plantedLock(work, step) &+ plantedOnce(work, step) &+ plantedDeep(work, step) &+ plantedTrap(work, 1)
  for transform in transforms {
    sum = sum &+ plantedClosure(step, transform) &+ plantedTailClosure(step, transform)
  }
  for transform in acceptedTransforms { sum = sum &+ plantedAccepted(step, transform) }
  for shape in shapes { sum = sum &+ plantedWitness(shape, step) }
  for value in values { sum = sum &+ plantedCast(value) }
  plantedFree(malloc(step & 15))
  plantedPrint(step)
  plantedExclusive(work.box) { $0 &+= step }
  sum = sum &+ plantedFatal(step) &+ plantedSystemCall(step) &+ plantedSleep(step) &+ plantedForeign(step)
  sum = sum &+ plantedMetadata(step) &+ plantedMetadata("text")
  return sum &+ (try plantedThrow(step &* 2))
}

let name = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "all"
let work = makeWork()
let step = CommandLine.arguments.count
feedh_hot_path_find_trap()
if name == "all" {
  print(try runAll(work, step))
} else {
  // The name is compared before the hot path begins: comparing text may allocate.
  let kind = ["clean", "array", "lock", "free", "none"].firstIndex(of: name) ?? 4
  let pointer = malloc(8)
  var sum = 0
  if kind != 4 { feedh_hot_path_begin() }
  switch kind {
  case 0: sum = plantedClean(work, step)
  case 1: sum = plantedArray(work, step)
  case 2: sum = plantedLock(work, step)
  case 3: plantedFree(pointer)
  default: break
  }
  if kind != 4 { feedh_hot_path_end() }
  print(sum & 1)
}
