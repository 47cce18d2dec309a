import CMachine

/// A number of a network device that `ethtool` shows. The raw value is its name in the file of a recorded machine.
public enum NICSetting: String, CaseIterable, Sendable {
  case ringRx = "ring.rx"
  case ringRxMaximum = "ring.rxMaximum"
  case ringTx = "ring.tx"
  case ringTxMaximum = "ring.txMaximum"
  case coalesceRxMicroseconds = "coalesce.rxMicroseconds"
  case coalesceRxFrames = "coalesce.rxFrames"
  case coalesceAdaptiveRx = "coalesce.adaptiveRx"
  case coalesceTxMicroseconds = "coalesce.txMicroseconds"
  case channelsCombined = "channels.combined"
  case channelsCombinedMaximum = "channels.combinedMaximum"
  case channelsRx = "channels.rx"
  case channelsRxMaximum = "channels.rxMaximum"
  case pauseAutonegotiation = "pause.autonegotiation"
  case pauseRx = "pause.rx"
  case pauseTx = "pause.tx"
  /// SOF_TIMESTAMPING bits of linux/net_tstamp.h.
  case timestamping = "timestamping"
  /// Number of its hardware clock, 0xFFFFFFFF for none.
  case clock = "clock"

  /// SOF_TIMESTAMPING_RX_HARDWARE.
  static let hardwareReceiveStamps: UInt32 = 1 << 2

  var shimIndex: Int32 {
    let index: feedh_nic_setting =
      switch self {
      case .ringRx: feedh_nic_ring_rx
      case .ringRxMaximum: feedh_nic_ring_rx_maximum
      case .ringTx: feedh_nic_ring_tx
      case .ringTxMaximum: feedh_nic_ring_tx_maximum
      case .coalesceRxMicroseconds: feedh_nic_coalesce_rx_microseconds
      case .coalesceRxFrames: feedh_nic_coalesce_rx_frames
      case .coalesceAdaptiveRx: feedh_nic_coalesce_adaptive_rx
      case .coalesceTxMicroseconds: feedh_nic_coalesce_tx_microseconds
      case .channelsCombined: feedh_nic_channels_combined
      case .channelsCombinedMaximum: feedh_nic_channels_combined_maximum
      case .channelsRx: feedh_nic_channels_rx
      case .channelsRxMaximum: feedh_nic_channels_rx_maximum
      case .pauseAutonegotiation: feedh_nic_pause_autonegotiation
      case .pauseRx: feedh_nic_pause_rx
      case .pauseTx: feedh_nic_pause_tx
      case .timestamping: feedh_nic_timestamping
      case .clock: feedh_nic_clock
      }
    return Int32(bitPattern: index.rawValue)
  }

  /// The words of `ethtool` that set it to `value` ("-G eth1 rx 4096"); nil where it cannot be set.
  func ethtoolArguments(interface: String, value: UInt32) -> String? {
    func command(_ option: String, _ word: String, _ text: String) -> String {
      "\(option) \(ShellCommands.quoted(interface)) \(word) \(text)"
    }
    let number = "\(value)"
    let onOff = value == 0 ? "off" : "on"
    return switch self {
    case .ringRx: command("-G", "rx", number)
    case .ringTx: command("-G", "tx", number)
    case .coalesceRxMicroseconds: command("-C", "rx-usecs", number)
    case .coalesceRxFrames: command("-C", "rx-frames", number)
    case .coalesceAdaptiveRx: command("-C", "adaptive-rx", onOff)
    case .coalesceTxMicroseconds: command("-C", "tx-usecs", number)
    case .channelsCombined: command("-L", "combined", number)
    case .channelsRx: command("-L", "rx", number)
    case .pauseAutonegotiation: command("-A", "autoneg", onOff)
    case .pauseRx: command("-A", "rx", onOff)
    case .pauseTx: command("-A", "tx", onOff)
    case .ringRxMaximum, .ringTxMaximum, .channelsCombinedMaximum, .channelsRxMaximum, .timestamping, .clock: nil
    }
  }
}
