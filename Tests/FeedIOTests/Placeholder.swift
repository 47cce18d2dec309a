import Testing
@testable import FeedIO
