/// All rules in the order of plans: CPUs, kernel, memory, network, clocks.
public enum TuningRules {
  public static var all: [any TuningRule.Type] {
    [
      PipelineCPUsRule.self, IsolationRule.self, TicklessRule.self, CallbackRule.self, SiblingRule.self,
      NodeRule.self, GovernorRule.self, EnergyPreferenceRule.self, IdleStateRule.self, InterruptRule.self,
      InterruptBalanceRule.self, WorkQueueRule.self, RealtimeThrottleRule.self, WatchdogRule.self,
      StatisticsRule.self, PageBalanceRule.self, PageMergingRule.self, SwapRule.self, TransparentHugePageRule.self,
      HugePageRule.self, IOMMURule.self, ReceiveBufferRule.self, BusyPollRule.self, MembershipRule.self,
      SourceFilterRule.self, ChannelRule.self, RingRule.self, CoalescingRule.self, PauseRule.self, OffloadRule.self,
      SteeringRule.self, ClockSourceRule.self, CounterRule.self, TimeServiceRule.self, MitigationRule.self,
    ]
  }

  public static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    all.flatMap { $0.findings(machine, goal) }
  }
}
