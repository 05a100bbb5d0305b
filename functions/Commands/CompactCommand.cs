using System.CommandLine;
using System.Security.Cryptography;
using Cairn.Diagnostics;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Commands;

/// <summary><c>compact [space]</c>: writes the state of spaces that nobody serves into one new segment.</summary>
internal static class CompactCommand
{
    public static RootCommand AddTo(RootCommand root) => OfflineSpaces.AddTo(
        root,
        "compact",
        "Write the state of spaces that no server holds into one new segment each, and delete what no kept checkpoint needs.",
        CompactAsync);

    private static async Task CompactAsync(ISpaceStore store, SpaceRecord record, EngineOptions options, CancellationToken cancellationToken)
    {
        var report = new Reporter();
        var services = new EngineServices(TimeProvider.System, static () => Incarnation.Read(RandomNumberGenerator.GetBytes(Incarnation.LengthBytes)).Value, report);
        await using var space = await Space.OpenAsync(record, store, options, services, cancellationToken);
        await space.CompactAsync(cancellationToken);
        Console.WriteLine($"{record.Name}: checkpoint {report.Last.Number}, {report.Last.WrittenBytes:N0} bytes, {report.Last.Duration.TotalSeconds:0.0} s");
    }

    private sealed class Reporter : IEngineObserver
    {
        public CheckpointReport Last { get; private set; }

        public void Checkpointed(in CheckpointReport checkpoint) => Last = checkpoint;

        public void TailCut(int file, long offset, long lengthBytes) => Console.WriteLine($"a torn write of {lengthBytes:N0} bytes at {file}:{offset} was set aside");
    }
}
