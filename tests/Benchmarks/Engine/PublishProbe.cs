using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Workload;
using Cairn.Formats;

namespace Cairn.Benchmarks.Engine;

/// <summary>What it takes to show readers a commit that changed 20 concepts of 100,000 at random.</summary>
internal static class PublishProbe
{
    private const int Changed = 20;

    public static IEnumerable<Figure> Run(bool quick)
    {
        var fixture = EngineFixture.Instance;
        var (writer, random) = (new CommitWriter(default), new SeededRandom(5));
        var publishes = new Samples(quick ? 300 : 3_000);
        for (var round = -100; round < publishes.Capacity; round++)
        {
            CommitFeed.Begin(writer);
            for (var i = 0; i < Changed; i++)
            {
                CommitFeed.PatchSalary(writer, fixture.Key(random.Below(int.MaxValue)), random.Below(100_000));
            }

            fixture.Space.Apply(writer.Finish());
            var start = ThreadClock.Nanoseconds();
            fixture.Space.Publish();
            if (round >= 0)
            {
                publishes.Add(ThreadClock.Nanoseconds() - start);
            }
        }

        yield return new("publish of 20 changed concepts, p50", publishes.Microseconds(.5), Unit.Microseconds, new(50, double.NaN), "of 100,000, at random");
        yield return new("publish of 20 changed concepts, p99", publishes.Microseconds(.99), Unit.Microseconds, Target.None);
    }
}
