using System.Numerics;
using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Writes the vectors of a version of an index anew, in slices, on any one thread: without dead slots, and divided as suits their number (<see cref="VectorIndex.Rebuild"/>).
/// </summary>
/// <remarks>The result follows from the vectors and their order alone: the seed is fixed.</remarks>
internal sealed class VectorRebuild
{
    private const int Seed = 20_011;

    // Of two vectors in int8: with 384 components some 30 µs to 100 µs a thousand.
    private const int CodesPerStep = 2 * 1024 * 1024;

    // Of memory that is new: so much longer than a comparison.
    private const int ComparisonsPerCopy = 16;
    private readonly VectorSpec _spec;
    private readonly VectorView _view;
    private readonly ClusterCounts _counts;
    private readonly int _comparisons;
    private readonly IEnumerator<bool> _steps;
    private readonly Func<InvertedFile, VectorIndex> _wrap;

    internal VectorRebuild(VectorView view, bool retrain, ClusterCounts counts, Func<InvertedFile, VectorIndex> wrap)
    {
        (_spec, _view, _counts, _wrap) = (view.Spec, view, counts, wrap);
        _comparisons = Math.Max(64, CodesPerStep / _spec.RowBytes);
        _steps = (retrain ? Divide() : Copy()).GetEnumerator();
    }

    private InvertedFile File { get; set; } = null!;

    /// <summary>Goes on for well below a millisecond; false: it is done.</summary>
    public bool Step() => _steps.MoveNext();

    /// <summary>Goes on to the end, and answers the new index. Once.</summary>
    public VectorIndex Run()
    {
        while (Step())
        {
        }

        return _wrap(File);
    }

    // Clusters stay as they are.
    private IEnumerable<bool> Copy()
    {
        File = new(_spec, _view.Clustering);
        var left = _comparisons;
        foreach (var place in Places())
        {
            if (place.Block is { } block)
            {
                File.Put(block.Cluster, place.Value, place.Codes);
                left -= ComparisonsPerCopy;
            }

            if (--left <= 0)
            {
                left = _comparisons;
                yield return true;
            }
        }
    }

    private IEnumerable<bool> Divide()
    {
        var random = new Random(Seed);
        var clusters = _counts.For(_view.Count);
        if (clusters == 1)
        {
            File = new(_spec, Clustering.Single);
            foreach (var step in Fill())
            {
                yield return step;
            }

            yield break;
        }

        var samples = new List<VectorPlace>();
        foreach (var step in Sample(samples, Math.Min(_view.Count, clusters * ClusterCounts.SamplesPerCluster), random))
        {
            yield return step;
        }

        var training = new ClusterTraining(_spec, samples, clusters, random);
        while (training.Step(_comparisons))
        {
            yield return true;
        }

        File = new(_spec, new(training.Centroids, ProbePlan.All, default));
        foreach (var step in Fill())
        {
            yield return step;
        }

        var shuffled = samples.ToArray();
        random.Shuffle(shuffled);
        var calibration = new ProbeCalibration(File.Publish(), shuffled[..Math.Min(ProbeCalibration.Queries, shuffled.Length)]);
        while (calibration.Step(_comparisons))
        {
            yield return true;
        }

        File.SetPlan(calibration.Plan);
    }

    // Selection sampling: each set of so many vectors is as likely as any other.
    private IEnumerable<bool> Sample(List<VectorPlace> samples, int wanted, Random random)
    {
        var unseen = _view.Count;
        var left = _comparisons;
        foreach (var place in Places())
        {
            if (place.Block is not null && random.Next(unseen--) < wanted - samples.Count)
            {
                samples.Add(place);
            }

            if (--left == 0)
            {
                left = _comparisons;
                yield return true;
            }
        }
    }

    private IEnumerable<bool> Fill()
    {
        var left = _comparisons;
        foreach (var place in Places())
        {
            if (place.Block is not null)
            {
                File.Put(place.Row, place.Codes, place.Value.Scale, place.Value.Offset);
                left -= File.Clustering.Count;
            }

            if (--left <= 0)
            {
                left = _comparisons;
                yield return true;
            }
        }
    }

    // The vectors by cluster and slot; now and then one without a block, where nothing was found for long.
    private IEnumerable<VectorPlace> Places()
    {
        for (var cluster = 0; cluster < _view.Clustering.Count; cluster++)
        {
            for (var at = 0; at < _view.Blocks(cluster).Length && _view.Blocks(cluster)[at] is { } block; at++)
            {
                for (var live = _view.LiveIn(block); live != 0; live &= live - 1)
                {
                    var slot = BitOperations.TrailingZeroCount(live);
                    yield return new(block[slot].Row, block, slot);
                }

                yield return default;
            }
        }
    }
}
