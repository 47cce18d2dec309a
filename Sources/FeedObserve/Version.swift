/// What `feedh --version` and every report say.
public enum Version {
  public static let text = "0.1.0"
}
