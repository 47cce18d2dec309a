import FeedCore

/// What `feedh replay --hgrm DIR` writes: `coreN.STAGE.hgrm` for each stage that recorded anything, in nanoseconds.
public enum HistogramFiles {
  public static func name(core: Int, stage: StageHistograms.Stage) -> String { "core\(core).\(stage.name).hgrm" }

  /// Files of an earlier run for the same cores and stages are replaced, or removed where nothing was recorded.
  public static func write(_ run: any FinishedRun, to directory: OutputDirectory) throws(OutputError) {
    let text = HgrmText(clock: run.clock, unit: .nanoseconds)
    for (core, _, stages) in run.summary.stages {
      for stage in StageHistograms.Stage.allCases {
        let name = name(core: core, stage: stage)
        if stages[stage].count == 0 {
          directory.remove(name)
          continue
        }
        let file = try directory.makeFile(name)
        file.write(text.render(stages[stage]))
        try file.finish()
      }
    }
  }
}
