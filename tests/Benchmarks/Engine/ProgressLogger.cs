using BenchmarkDotNet.Loggers;

namespace Cairn.Benchmarks.Engine;

/// <summary>Names each benchmark as it begins and repeats errors; the rest is left out.</summary>
internal sealed class ProgressLogger : ILogger
{
    public string Id => nameof(ProgressLogger);

    public int Priority => 0;

    public void Write(LogKind logKind, string text) => WriteLine(logKind, text);

    public void WriteLine()
    {
    }

    public void WriteLine(LogKind logKind, string text)
    {
        const string Begins = "// Benchmark: ";
        if (text.StartsWith(Begins, StringComparison.Ordinal))
        {
            Console.Error.WriteLine(text[Begins.Length..].Split(':')[0]);
        }
        else if (logKind == LogKind.Error && !text.Contains("No exporters defined", StringComparison.Ordinal))
        {
            Console.Error.WriteLine(text.TrimEnd());
        }
    }

    public void Flush()
    {
    }
}
