import Foundation
import Testing

@testable import FeedIO

/// Each error is one line that names the file and the remedy.
@Suite struct CaptureErrorTests {
  private func error(_ paths: [String], filter: String? = nil) -> CaptureError? {
    do throws(CaptureError) {
      _ = try CaptureSet(paths: paths, filter: filter)
      return nil
    } catch {
      #expect(!error.description.contains("\n"))
      return error
    }
  }

  @Test func pathsThatCannotBeRead() {
    let folder = TestFolder()
    #expect(error([]) == .noFiles)
    #expect(error([folder.path + "/none"]) == .missing(path: folder.path + "/none"))
    #expect(error([folder.path]) == .directory(path: folder.path))
    let empty = folder.write([], as: "empty")
    #expect(error([empty]) == .empty(path: empty))
    #expect(error([empty + "/below"]) == .missing(path: empty + "/below"))
    #expect(error(["/dev/null"]) == .notAFile(path: "/dev/null"))
    let many = [String](repeating: empty, count: CaptureSet.filesMaximum + 1)
    #expect(error(many) == .tooManyFiles(count: CaptureSet.filesMaximum + 1))
  }

  @Test(.enabled(if: geteuid() != 0, "root may read every file"))
  func fileWithoutReadPermission() throws {
    let folder = TestFolder()
    let path = folder.write(Pcap.header())
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(error([path]) == .noPermission(path: path))
  }

  @Test func theFirstBadFileOfSeveralIsNamed() {
    let folder = TestFolder()
    let good = folder.write(Pcap.header(), as: "good")
    #expect(error([good, folder.path + "/none", folder.path]) == .missing(path: folder.path + "/none"))
  }

  @Test func filesOfDifferentClocksDoNotMerge() {
    let folder = TestFolder()
    let capture = folder.write(Pcap.header(), as: "a.pcap")
    let ng = folder.write(Pcapng.section(), as: "a.pcapng")
    let itch = folder.write(Messages.prefixed(Messages.systemEvent(1)), as: "b.itch")
    let soup = folder.write([0, 1, UInt8(ascii: "H")], as: "c.soup")
    #expect(error([capture, ng]) == nil)
    #expect(error([itch, itch]) == nil)
    #expect(error([capture, itch]) == .mixedClocks(lengthPrefixed: itch, capture: capture))
    #expect(error([itch, ng]) == .mixedClocks(lengthPrefixed: itch, capture: ng))
    #expect(error([capture, soup]) == .mixedOrderStreams(orderStream: soup, capture: capture))
    #expect(error([soup, itch]) == .mixedOrderStreams(orderStream: soup, capture: itch))
  }

  @Test func missingLibraryIsNamedWithItsPackage() {
    do throws(CaptureError) {
      _ = try DynamicLibrary(names: ["libfeedh-none.so.1"], package: "libnone1", purpose: "reading x.none")
      Issue.record("a library that does not exist was found")
    } catch {
      #expect(
        error.description
          == "reading x.none needs libfeedh-none.so.1, which is not installed; install the Debian package libnone1")
    }
  }

  @Test func missingFunctionOfALibraryIsAnErrorToo() throws {
    let library = try DynamicLibrary(names: ["libc.so.6"], package: "libc6", purpose: "anything")
    #expect(throws: CaptureError.self) {
      _ = try library.function("feedh_no_such_function", as: (@convention(c) () -> Void).self)
    }
  }

  @Test func pipesAreCopiedAndRead() throws {
    let folder = TestFolder()
    let path = folder.path + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let bytes = Pcap.file((0..<20_000).map { TestPacket(UInt64($0), [1, 2, 3]) })
    let thread = Thread {
      let descriptor = open(path, O_WRONLY)
      FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(Data(bytes))
    }
    thread.start()
    let walk = Walk(try CaptureSet(paths: [path]))
    #expect(walk.packets.count == 20_000 && walk.readings.isEmpty)
  }
}
