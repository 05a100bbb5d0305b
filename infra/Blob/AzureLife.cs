using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>Where one life of a space lies in the container.</summary>
internal sealed class AzureLife(AzureContainer container, SpacePointers pointers, SpaceRecord space)
{
    public AzureContainer Container => container;

    public Incarnation Incarnation => space.Incarnation;

    /// <summary>What the names of all its blobs begin with.</summary>
    public string Prefix { get; } = $"{space.Name}/{space.Incarnation}/";

    public string PathOf(string name) => Prefix + name;

    public string Describe(string name) => container.Describe(PathOf(name));

    /// <summary>
    /// A container has no folders that a deletion could take away, so whoever creates something looks first whether the space is still
    /// there. What is created in the moment between is found by nobody and stays: deletions close logs and blobs first.
    /// </summary>
    /// <exception cref="CairnException">NotFound: the space is gone, or this life of it.</exception>
    public async ValueTask RequireThereAsync(CancellationToken cancellationToken)
    {
        var there = await pointers.FindAsync(space.Name, cancellationToken).ConfigureAwait(false);
        if (there?.Space.Incarnation != space.Incarnation)
        {
            throw new CairnException(ErrorKind.NotFound, $"the space {space.Name} was deleted") { Problem = "unknown-space" };
        }
    }
}
