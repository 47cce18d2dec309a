import Testing
@testable import FeedSim
