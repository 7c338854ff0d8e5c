"""Items: the sets of images whose pictures environments show as things that lie about."""
