namespace Cairn.Infra.Local;

/// <summary>An fsync failed. What was written may be gone, and a second try would prove nothing.</summary>
internal sealed class FlushFailedException(string path, Exception inner) : IOException($"fsync of {path} failed: {inner.Message}", inner);
