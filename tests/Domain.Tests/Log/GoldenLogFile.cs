using Cairn.Domain.Tests.Architecture;
using Cairn.Log;

namespace Cairn.Domain.Tests.Log;

/// <summary>A log file whose bytes are kept, as they were first written, beside what they say.</summary>
/// <param name="path">Without its extension.</param>
internal sealed class GoldenLogFile(string path)
{
    /// <summary>What the bytes say is still read from them.</summary>
    public void RequireText() => Assert.Equal(SourceTree.ReadText($"{path}.txt"), GoldenLogTests.Disassemble(SourceTree.ReadBytes($"{path}.log")));

    /// <summary>The same appends still write the same bytes.</summary>
    public async Task RequireBytesAsync(Func<WriteLog, Task> write)
    {
        var fixture = new LogFixture();
        await using var log = await fixture.OpenAsync();
        await write(log);
        Assert.Equal(SourceTree.ReadBytes($"{path}.log"), await fixture.ReadAsync());
    }
}
