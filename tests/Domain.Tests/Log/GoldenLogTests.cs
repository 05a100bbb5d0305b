using System.Text;
using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Log;

/// <summary>The bytes of log format version 1, and what they say. The files are never regenerated: see tests/Golden/README.md.</summary>
public sealed class GoldenLogTests
{
    private const string Folder = "tests/Golden/log/v1";

    public static TheoryData<int> Files => [0, 1];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Files))]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText(int file) =>
        Assert.Equal(SourceTree.ReadText($"{Folder}/{file}.txt"), Disassemble(SourceTree.ReadBytes($"{Folder}/{file}.log")));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Log_WhenWrittenToday_HasTheGoldenBytes(int file)
    {
        var fixture = await WriteAsync();

        Assert.Equal(SourceTree.ReadBytes($"{Folder}/{file}.log"), await fixture.ReadAsync(file));
    }

    [Fact]
    public async Task Log_WhenOpenedFromGoldenBytes_ReplaysIt()
    {
        var fixture = new LogFixture();
        foreach (var file in new[] { 0, 1 })
        {
            await fixture.ReplaceAsync(SourceTree.ReadBytes($"{Folder}/{file}.log"), file);
        }

        await using var log = await fixture.OpenAsync();

        Assert.Equal(
            ["Commit everything-1", "Commit c1", "Configuration", "Roll", "Commit c2", "Commit c3", "Barrier", "Seal"],
            fixture.Replayed.Select(frame => frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
    }

    private static async Task<LogFixture> WriteAsync()
    {
        var fixture = new LogFixture(maxFileBytes: 1500);
        await using var log = await fixture.OpenAsync();
        await log.AppendAsync(new[] { Commits.Everything(), Commits.Ada() }, Commits.Noon, Token);
        var settings = new SpaceSettings
        {
            HalfLife = TimeSpan.FromDays(30),
            Language = TextLanguage.None,
            VectorDimensions = 384,
            VectorMetric = VectorMetric.Dot,
            TimeToLive = TimeSpan.FromDays(90),
            IdempotencyWindow = TimeSpan.FromHours(48),
        };
        await log.AppendSystemAsync(FrameKind.Configuration, SettingsCodec.Write(settings), Commits.Noon, Token);
        await log.AppendAsync(new[] { Commits.Ada("c2"), Commits.Ada("c3") }, Commits.Noon.Plus(TimeSpan.FromSeconds(1)), Token);
        await log.AppendSystemAsync(FrameKind.Barrier, default, Commits.Noon.Plus(TimeSpan.FromSeconds(2)), Token);
        await log.AppendSystemAsync(FrameKind.Seal, default, Commits.Noon.Plus(TimeSpan.FromSeconds(3)), Token);
        Assert.Equal([1], fixture.Rolls);
        return fixture;
    }

    internal static string Disassemble(byte[] bytes)
    {
        var header = LogFileHeader.Read(bytes);
        var text = new StringBuilder($"log file {header.File} of {header.Incarnation}, created {header.CreatedAt}\n");
        for (var at = LogFileHeader.LengthBytes; at < bytes.Length;)
        {
            Assert.True(GroupHeader.TryRead(bytes.AsSpan(at), out var group));
            text.Append($"\n{at}: group version {group.Version}, {group.LengthBytes} bytes, {group.FrameCount} frames, verified {group.VerifiedOffset}\n");
            foreach (var frame in new LogGroup(bytes.AsMemory(at, group.LengthBytes), header.File, at))
            {
                text.Append($"position {frame.Position}: {Disassembly.OfFrame(frame.Bytes.Span)}");
            }

            at += group.LengthBytes;
        }

        return text.ToString();
    }
}
