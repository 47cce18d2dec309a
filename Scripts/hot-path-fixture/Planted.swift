// Functions that each break one rule of the hot path, or none: what Scripts/check-hot-path --self-test must find.
// The table of what is expected stands in Scripts/hot_path/self_test.py. `-O` must not see through a function, so each
// is kept out of line and gets what it works on from main.swift, which the optimiser cannot foresee.

import CPlatform
import Glibc

public final class Box {
  public var value: Int
  public init(_ value: Int) { self.value = value }
}

public protocol Shape { func area(_ scale: Int) -> Int }
public struct Square: Shape {
  public func area(_ scale: Int) -> Int { scale &* scale }
}
public struct Strip: Shape {
  public func area(_ scale: Int) -> Int { scale }
}

public struct Work {
  public let words: UnsafeMutablePointer<Int>
  public let count: Int
  public let box: Box
  public let mutex: UnsafeMutablePointer<pthread_mutex_t>
}

nonisolated(unsafe) public var shared = Box(1)
public let lazily = CommandLine.arguments.count &* 3

// Clean: arithmetic, memory, a switch, a call.

@inline(never) public func plantedClean(_ work: Work, _ step: Int) -> Int {
  var sum = step
  for index in 0..<max(0, work.count) {
    work.words[index & 7] &+= sum
    sum = sum &* 31 &+ plantedCleanSwitch(work.words[index & 7], step)
  }
  memmove(work.words, work.words + 1, 4 &* MemoryLayout<Int>.stride)
  return sum
}

@inline(never) func plantedCleanSwitch(_ value: Int, _ step: Int) -> Int {
  switch value & 15 {
  case 0: return step &* 3
  case 1: return step ^ 77
  case 2: return step &- 9
  case 3: return step &>> 3
  case 4: return value &* value
  case 5: return value ^ step
  case 6: return ~value
  case 7: return value &+ 12_345
  case 8: return step &* step &* 7
  case 9: return step & value
  default: return step | 4
  }
}

// Each of these breaks a rule.

@inline(never) public func plantedArray(_ work: Work, _ step: Int) -> Int {
  var numbers: [Int] = []
  for index in 0..<max(0, work.count) { numbers.append(index ^ step) }
  return numbers.reduce(0, &+)
}

@inline(never) public func plantedRetain(_ work: Work, _ step: Int) -> Int {
  shared = work.box
  return step
}

@inline(never) public func plantedLock(_ work: Work, _ step: Int) -> Int {
  pthread_mutex_lock(work.mutex)
  work.words[0] &+= step
  pthread_mutex_unlock(work.mutex)
  return step
}

@inline(never) public func plantedOnce(_ work: Work, _ step: Int) -> Int { lazily &+ step }

@inline(never) public func plantedClosure(_ step: Int, _ transform: (Int) -> Int) -> Int { transform(step) &+ 1 }

@inline(never) public func plantedTailClosure(_ step: Int, _ transform: (Int) -> Int) -> Int { transform(step) }

@inline(never) public func plantedWitness(_ shape: any Shape, _ step: Int) -> Int { shape.area(step) &+ 1 }

@inline(never) public func plantedDeep(_ work: Work, _ step: Int) -> Int { plantedDeepMiddle(work, step ^ 5) }
@inline(never) func plantedDeepMiddle(_ work: Work, _ step: Int) -> Int {
  step & 1 == 0 ? plantedDeepEnd(step) : work.words[0]
}
@inline(never) func plantedDeepEnd(_ step: Int) -> Int { Int(bitPattern: malloc(step & 0x7F)) }

@inline(never) public func plantedFree(_ pointer: UnsafeMutableRawPointer?) { free(pointer) }

@inline(never) public func plantedPrint(_ step: Int) { print(step) }

@inline(never) public func plantedCast(_ value: Any) -> Int { (value as? Int) ?? 0 }

@inline(never) public func plantedTrap(_ work: Work, _ step: Int) -> Int { work.words[0] + step }

@inline(never) public func plantedFatal(_ step: Int) -> Int {
  if step == 77_777 { fatalError("planted") }
  return step &+ 1
}

@inline(never) public func plantedExclusive(_ box: Box, _ transform: (inout Int) -> Void) { transform(&box.value) }

@inline(never) public func plantedSystemCall(_ step: Int) -> Int { step &+ Int(getppid()) }

@inline(never) public func plantedForeign(_ step: Int) -> Int { step &+ Int(rand()) }

@inline(never) public func plantedSleep(_ step: Int) -> Int { step &+ Int(sched_yield()) }

@_semantics("optimize.sil.specialize.generic.never")
@inline(never) public func plantedMetadata<Element>(_ element: Element) -> Int { plantedName([element].self) }
@_semantics("optimize.sil.specialize.generic.never")
@inline(never) func plantedName<Value>(_ value: Value) -> Int { MemoryLayout<Value>.size }

public enum PlantedError: Error { case odd(Int) }
@inline(never) public func plantedThrow(_ step: Int) throws -> Int {
  if step & 1 == 1 { throw PlantedError.odd(step) }
  return step
}

// With an exception in the list: the pointer is accepted, the function it leads to is not clean.
@inline(never) public func plantedAccepted(_ step: Int, _ transform: (Int) -> Int) -> Int { transform(step) &+ 2 }
@inline(never) public func plantedAcceptedTarget(_ step: Int) -> Int { Int(bitPattern: malloc(step & 0xFF)) }
