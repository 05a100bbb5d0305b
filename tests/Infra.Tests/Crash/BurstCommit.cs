using Cairn.Embedded;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Crash;

/// <summary>One commit of a burst. Its name decides all of it, so that the process that is killed and the one that looks agree.</summary>
internal readonly record struct BurstCommit(int Run, int Writer, int Number)
{
    public const int Writers = 6;

    private const float Amount = 0.002f;
    private const int MostParts = 6;

    public string Name => $"{Run}-{Writer}-{Number}";

    /// <summary>How many concepts it puts; one: it is a single put, of which nothing is counted.</summary>
    public int Parts => Draw(0) < 0.4 ? 1 : 2 + (int)(Draw(1) * (MostParts - 1));

    /// <summary>Its id is the caller's, and it may be sent twice.</summary>
    public bool IsKeyed => Draw(2) < 0.4;

    /// <summary>It is sent twice at once, as an impatient client does.</summary>
    public bool IsRepeated => IsKeyed && Draw(3) < 0.5;

    /// <summary>It goes through the burst door.</summary>
    public bool IsIngested => Draw(4) < 0.7;

    public string Key => $"key-{Name}";

    // A few are large, since only a write of many pages can be killed in its midst.
    private string Content => new((char)('a' + (Number % 26)), Draw(5) < 0.05 ? 20_000 + (int)(Draw(6) * 60_000) : 10 + (int)(Draw(6) * 100));

    public static string Counter(int run, int writer) => $"counter-{run}-{writer}";

    /// <summary>The strength of a counter that so many commits have raised: reinforcing is the one operation that shows when it was done twice.</summary>
    public static float StrengthAfter(int commits)
    {
        var strength = 0f;
        for (var i = 0; i < commits; i++)
        {
            strength = Decay.Reinforce(strength, Amount);
        }

        return strength;
    }

    public static BurstCommit Parse(string name) => name.Split('-') is [var run, var writer, var number]
        ? new(int.Parse(run), int.Parse(writer), int.Parse(number))
        : throw new FormatException(name);

    public string Part(int index) => $"part-{Name}-{index}";

    public CommitBuilder Build(EmbeddedSpace space)
    {
        var commit = space.NewCommit(IsKeyed ? Key : null);
        for (var i = 0; i < Parts; i++)
        {
            commit.Put(new() { Id = Part(i), Labels = ["part"], Content = Content, Attributes = new Dictionary<string, Value> { ["of"] = Name } });
            if (i > 0)
            {
                commit.Associate(Part(0), "whole", Part(i));
            }
        }

        return Parts == 1 ? commit : commit.Reinforce(Counter(Run, Writer), Amount);
    }

    /// <summary>Checks that the memory holds all of it, as one version.</summary>
    /// <param name="view">What is read.</param>
    /// <param name="position">Where it was acknowledged; null: it was not.</param>
    public void RequireWhole(MemoryView view, LogPosition? position)
    {
        position ??= view.Find(Part(0))?.Version;
        for (var i = 0; i < Parts; i++)
        {
            var part = view.Find(Part(i));
            Assert.True(part is not null, $"{Part(i)} of {Parts} is missing");
            Assert.Equal(position, part.Version);
            Assert.Equal(Content, part.Content);
            Assert.Equal(i == 0 ? position : view.Find(new AssociationKey(Part(0), "whole", Part(i)))?.Version, position);
        }
    }

    // A number from 0 to 1 out of the name and what it is for: the same in every process.
    private double Draw(int purpose)
    {
        var hash = 14695981039346656037UL;
        foreach (var part in (ReadOnlySpan<int>)[Run, Writer, Number, purpose])
        {
            hash = (hash ^ (uint)part) * 1099511628211UL;
            hash ^= hash >> 29;
        }

        return (hash >> 11) * (1.0 / (1UL << 53));
    }
}
