import Testing
@testable import FeedCore
