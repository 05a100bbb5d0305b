using Cairn.Primitives;

namespace Cairn.Vectors;

/// <summary>
/// Finds centres of clusters among sample vectors: Lloyd's k-means (1982), a fixed number of rounds, in slices. For cosine centres are unit vectors (spherical k-means).
/// The same samples and seed give the same centres. One thread.
/// </summary>
internal sealed class ClusterTraining
{
    private const int Rounds = 6;
    private readonly VectorSpec _spec;
    private readonly IReadOnlyList<VectorPlace> _samples;
    private readonly Random _random;
    private readonly float[][] _sums;
    private readonly int[] _counts;
    private int _round;
    private int _next;

    /// <param name="spec">Of the vectors.</param>
    /// <param name="samples">As many as there are clusters at least.</param>
    /// <param name="clusters">How many centres are wanted.</param>
    /// <param name="random">Picks the first centres.</param>
    public ClusterTraining(VectorSpec spec, IReadOnlyList<VectorPlace> samples, int clusters, Random random)
    {
        Invariant.Require(samples.Count >= clusters, "clusters are trained with a sample each at least");
        (_spec, _samples, _random) = (spec, samples, random);
        _sums = [.. Enumerable.Range(0, clusters).Select(_ => new float[spec.Dimensions])];
        _counts = new int[clusters];
        Centroids = First();
    }

    /// <summary>The centres so far.</summary>
    public Centroids Centroids { get; private set; }

    /// <summary>Assigns some samples to their centres; false: it is over.</summary>
    /// <param name="comparisons">Of a sample with a centre, about how many.</param>
    public bool Step(int comparisons)
    {
        for (var left = comparisons; left > 0 && _next < _samples.Count; left -= Centroids.Count, _next++)
        {
            var sample = _samples[_next];
            var nearest = Centroids.Nearest(sample.Codes, sample.Value.Scale);
            _counts[nearest]++;
            VectorEncoding.AddDecoded(sample.Codes, sample.Value.Scale, _sums[nearest]);
        }

        if (_next == _samples.Count)
        {
            Centroids = Means();
            _next = 0;
            _round++;
        }

        return _round < Rounds;
    }

    // Samples are distinct rows in the order they were found: a shuffle of them picks some at random.
    private Centroids First()
    {
        var order = Enumerable.Range(0, _samples.Count).ToArray();
        _random.Shuffle(order);
        var centroids = new Centroids(_spec);
        for (var cluster = 0; cluster < _counts.Length; cluster++)
        {
            AddSample(centroids, order[cluster]);
        }

        return centroids;
    }

    // Where nothing was assigned, or what was has no direction together, a sample begins anew.
    private Centroids Means()
    {
        var centroids = new Centroids(_spec);
        for (var cluster = 0; cluster < _counts.Length; cluster++)
        {
            var sum = _sums[cluster];
            System.Numerics.Tensors.TensorPrimitives.Divide(sum, Math.Max(1, _counts[cluster]), sum);
            if (_counts[cluster] == 0 || !centroids.TryAdd(sum))
            {
                AddSample(centroids, _random.Next(_samples.Count));
            }

            Array.Clear(sum);
        }

        Array.Clear(_counts);
        return centroids;
    }

    private void AddSample(Centroids centroids, int sample)
    {
        var place = _samples[sample];
        var centre = new float[_spec.Dimensions];
        VectorEncoding.AddDecoded(place.Codes, place.Value.Scale, centre);
        Invariant.Require(centroids.TryAdd(centre), "a vector of the index can be encoded again");
    }
}
